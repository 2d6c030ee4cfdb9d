// The core against the real program over real sockets, and over its end and a new start. Node needs to be asked for its
// WebSocket, so that what is done with the client stands in a process of its own, real.mjs.

import assert from "node:assert/strict";
import { fork, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../target/debug/otklik", import.meta.url));

/** Starts the program, and gives its address once it listens. */
async function start(folder, port) {
  writeFileSync(join(folder, "config.toml"), `
    [server]
    bind = "127.0.0.1:${port}"
    drain_s = 1
    [auth]
    bcrypt_cost = 4
    [limits]
    queries_per_s = 0
    posts_per_min = 0
    reactions_per_min = 0
  `);
  const server = spawn(program, ["serve", "--config", join(folder, "config.toml")], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  const address = await new Promise((resolve, reject) => {
    const hear = (text) => {
      log += text;
      const [, found] = /listening on (ws:\/\/[^/\s]+)/.exec(log) ?? [];
      if (found) resolve(found);
    };
    server.stdout.on("data", hear);
    server.stderr.on("data", hear);
    server.on("exit", () => reject(new Error(log)));
  });
  return { server, address };
}

const ended = (server) => new Promise((resolve) => server.once("exit", resolve));

test("two readers, a killed server, and everything there once", async (t) => {
  if (!existsSync(program)) return t.skip("target/debug/otklik is not built");
  const folder = mkdtempSync(join(tmpdir(), "otklik-client-"));
  let { server, address } = await start(folder, 0);
  const readers = fork(fileURLToPath(new URL("./real.mjs", import.meta.url)), [address], {
    execArgv: ["--experimental-websocket", "--no-warnings"], stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let said = "";
  readers.stdout.on("data", (text) => { said += text; });
  readers.stderr.on("data", (text) => { said += text; });
  // It asks for the server to be killed, and for a new one at the same address.
  readers.on("message", async (asked) => {
    if (asked === "kill") {
      server.kill("SIGKILL");
      await ended(server);
    } else ({ server } = await start(folder, new URL(address).port));
    readers.send("done");
  });
  try {
    assert.equal(await ended(readers), 0, said);
  } finally {
    server.kill("SIGKILL");
    await ended(server);
    rmSync(folder, { recursive: true });
  }
});
