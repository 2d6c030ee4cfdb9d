// A user without a screen, for what a test needs on the page: a socket in a bare page of the service's own origin.

import { PASSWORD } from "./service.mjs";

export class Robot {
  /** Signs up under `name`. @param {import("playwright-core").Browser} browser @param {string} origin @param {string} name */
  static async open(browser, origin, name) {
    const robot = new Robot();
    robot.context = await browser.newContext();
    robot.page = await robot.context.newPage();
    await robot.page.goto(`${origin}/healthz`);
    await robot.page.evaluate(connect, origin.replace("http", "ws"));
    ({ token: robot.token } = await robot.ask("signUp", { username: name, password: PASSWORD }));
    return robot;
  }

  /** One query; gives its answer, or throws with the refusal. @param {string} type_query @param {object} [members] */
  async ask(type_query, members = {}) {
    const answer = await this.page.evaluate((query) => globalThis.ask(query), { type_query, ...members });
    if (answer.status !== "success") throw new Error(`${type_query}: ${answer.code}: ${answer.message}`);
    return answer;
  }

  /** Gives the comment's number. @param {string} page @param {string} comment @param {number | null} [parent] */
  async post(page, comment, parent = null) {
    const answer = await this.ask("postComment", { page, comment, parent });
    return answer.comment.comment_id;
  }

  /** @param {number} comment_id @param {string} reaction */
  react(comment_id, reaction) {
    return this.ask("react", { comment_id, reaction });
  }

  close() {
    return this.context.close();
  }
}

/** Runs in the page. @param {string} address */
async function connect(address) {
  const socket = new WebSocket(`${address}/ws`);
  const asked = new Map();
  let last_id = 0;
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(data);
    asked.get(answer.id)?.(answer);
    asked.delete(answer.id);
  };
  globalThis.ask = (query) => new Promise((resolve) => {
    last_id += 1;
    asked.set(last_id, resolve);
    socket.send(JSON.stringify({ id: last_id, ...query }));
  });
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
}
