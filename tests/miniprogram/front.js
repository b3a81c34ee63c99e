// What stands in front of the server, as a proxy does, and can fail as one does.
import http from "node:http";
import { once } from "node:events";

export class Front {
  constructor(target) {
    this.target = new URL(target);
    // Each answers one request: {when, status, type, body, header}, after `delay` milliseconds, or
    // never: {when, hang: true}.
    this.faults = [];
  }

  async open() {
    this.server = http.createServer((request, response) => this.pass(request, response));
    this.server.listen(this.port ?? 0, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  /** Nobody listens any more. */
  async shut() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  pass(request, response) {
    const asked = `${request.method} ${request.url}`;
    const index = this.faults.findIndex(({ when }) => when.test(asked));
    if (index >= 0) {
      const [fault] = this.faults.splice(index, 1);
      request.resume();
      if (fault.hang) return;
      const { status, type = "text/html", header, body = "<h1>Sorry</h1>", delay = 0 } = fault;
      request.on("end", async () => {
        await new Promise((resolve) => setTimeout(resolve, delay));
        response.writeHead(status, { "content-type": type, ...header });
        response.end(body);
      });
      return;
    }
    const { hostname, port } = this.target;
    const { method, headers, url } = request;
    const onward = http.request({ hostname, port, method, path: url, headers, agent: false });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }
}
