// A line to the service that a test can cut, block, or slow down: what browsers' own "offline" does not do to sockets.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Proxy {
  #pairs = new Set();
  /** "pass"; "refuse": newcomers are reset; "hole": nothing passes any more, and nobody is told. */
  mode = "pass";

  /** @param {number} port where the service listens */
  static async start(port) {
    const proxy = new Proxy();
    proxy.target = port;
    proxy.server = createServer((near) => proxy.#join(near));
    proxy.server.unref();
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resets every connection there is. */
  cut() {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  stop() {
    this.cut();
    this.server.close();
  }

  #join(near) {
    if (this.mode === "refuse") return near.resetAndDestroy();
    const far = connect(this.target, "127.0.0.1");
    const pair = [near, far];
    this.#pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on("data", (bytes) => { if (this.mode !== "hole") to.write(bytes); });
      from.on("end", () => { if (this.mode !== "hole") to.end(); });
      from.on("error", () => to.destroy());
      from.on("close", () => this.#pairs.delete(pair));
    }
    return undefined;
  }
}
