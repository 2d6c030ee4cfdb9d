// The real service in a folder of its own, on a free port, with the limits of tests.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = new URL("../../..", import.meta.url).pathname;

const CONFIG = {
  server: { bind: '"127.0.0.1:0"', drain_s: 2 },
  auth: { bcrypt_cost: 4 },
  limits: {
    queries_per_s: 0, posts_per_min: 0, reactions_per_min: 0, sign_ins_per_min: 0, sign_ups_per_hour: 0,
    connections_per_address_max: 0, bad_queries_per_min: 0,
  },
};

/** A password that passes. */
export const PASSWORD = "violet otter 47 lamp";

export class Service {
  /**
   * @param {Record<string, Record<string, unknown>>} [more] keys that differ from the tests' config
   * @param {string} [binary]
   */
  static async start(more = {}, binary = "target/debug/otklik") {
    const service = new Service();
    service.binary = join(ROOT, binary);
    service.folder = await mkdtemp(join(tmpdir(), "otklik-"));
    service.more = more;
    await service.run();
    return service;
  }

  /** Runs the binary; on the same file and port as before, where it ran before. */
  async run() {
    const bind = this.port ? { bind: `"127.0.0.1:${this.port}"` } : {};
    await writeFile(join(this.folder, "config.toml"), toml(this.more, { server: bind }));
    this.child = spawn(this.binary, ["serve", "--config", "config.toml"], { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
    this.ended = once(this.child, "exit");
    this.log = [];
    const told = new Promise((resolve, reject) => {
      createInterface({ input: this.child.stderr }).on("line", (line) => {
        this.log.push(line);
        const [, port] = /listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line) ?? [];
        if (port) resolve(Number(port));
      });
      this.ended.then(() => reject(new Error(`it does not listen:\n${this.log.join("\n")}`)));
    });
    this.port = await told;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** kill -9, and up again. */
  async crash() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Another command of the binary on the same file. @param {string[]} words @param {string} [input] */
  async command(words, input = "") {
    const child = spawn(this.binary, words, { cwd: this.folder, stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.end(input);
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`otklik ${words.join(" ")} ended with ${code}`);
  }

  async stop() {
    this.child.kill("SIGKILL");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

function toml(...layers) {
  const sections = structuredClone(CONFIG);
  for (const layer of layers) {
    for (const [name, keys] of Object.entries(layer)) sections[name] = { ...sections[name], ...keys };
  }
  const lines = Object.entries(sections).flatMap(([name, keys]) => [`[${name}]`, ...Object.entries(keys).map(([key, value]) => `${key} = ${value}`)]);
  return `${lines.join("\n")}\n`;
}
