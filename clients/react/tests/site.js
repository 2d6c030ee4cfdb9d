// What most tests start with: a server with a few comments, a client of it, and a screen.

/** @import { ReactNode } from "react" */
import { createClient } from "otklik-client";
import { OtklikProvider } from "../src/index.js";
import { h, openWindow } from "./dom.js";
import { Server } from "./server.js";

export const PASSWORD = "violet otter 47 lamp";
export const URL_OF_SERVER = "http://127.0.0.1:5678";

/** @param {string[]} [comments] */
export function serve(comments = ["first", "second", "third"]) {
  const server = new Server();
  for (const comment of comments) server.write(comment);
  return server;
}

/** @param {Server} server */
export const clientOf = (server) => createClient({ url: URL_OF_SERVER, environment: server.environment() });

/** @param {Server} [server] */
export async function site(server = serve(), client = clientOf(server)) {
  const screen = await openWindow();
  const wrap = (/** @type {ReactNode} */ node) => h(OtklikProvider, { client }, node);
  const show = (/** @type {ReactNode} */ node) => screen.render(wrap(node));
  const close = async () => {
    await screen.close();
    client.close();
  };
  return { server, client, screen, wrap, show, close };
}

/** @param {Awaited<ReturnType<typeof site>>} site */
export async function signUp({ client, screen }, username = "alice") {
  await screen.act(() => client.session.signUp(username, PASSWORD));
}
