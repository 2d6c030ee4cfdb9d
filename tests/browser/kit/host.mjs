// A web site of its own that embeds the comments of a service: other pages' origins, policies and languages.

import { once } from "node:events";
import { createServer } from "node:http";

export class Host {
  /** @param {(path: string) => { html: string, headers?: Record<string, string> }} page */
  static async start(page) {
    const host = new Host();
    host.server = createServer((request, response) => {
      const { html, headers = {} } = page(request.url ?? "/");
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers }).end(html);
    });
    // A test that fails before it stops what it started must not keep the others from ending.
    host.server.unref();
    host.server.listen(0, "127.0.0.1");
    await once(host.server, "listening");
    host.port = host.server.address().port;
    return host;
  }

  /** By another name of this machine, which is another site to a browser. */
  get origin() {
    return `http://localhost:${this.port}`;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** The looks of such a page, where it is of the service's own origin. */
export const THREAD_CSS = "body { margin: 0; padding: 1rem; background: Canvas; color: CanvasText; font: 1rem/1.5 sans-serif; }";

/** A page with one thread. @param {string} service @param {string} [attributes] @param {string} [lang] @param {string} [head] */
export const threadPage = (service, attributes = 'page="/a"', lang = "en", head = "") => `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>A page</title><link rel="icon" href="data:,">${head}</head>
<body><main><h1>A page</h1><script type="module" src="${service}/embed.js"></script>
<otklik-comments ${attributes}></otklik-comments></main></body></html>`;
