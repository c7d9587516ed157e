/**
 * Real sockets on loopback, each side against a peer nobody here wrote: our server against `fetch`
 * and `WebSocket`, our clients against `Deno.serve`. Bounded in time and count.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { LiveClock } from "@/engine/loop/live_clock.ts";
import {
  type HttpAnswer,
  HttpClient,
  type HttpRequest,
  type Link,
  openWebSocket,
  SocketTransport,
} from "@/exchanges/shared/mod.ts";
import { SocketListeningTransport } from "@/exchanges/simulator/socket_server.ts";
import { serveDialect } from "@/exchanges/simulator/wire_server.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@/tests/support/assert.ts";
import { EchoDialect } from "./_echo_dialect.ts";

const HOST = "127.0.0.1";
const decoder = new TextDecoder();
const BIG = "0123456789".repeat(30_000);

function serve() {
  const clock = new LiveClock();
  const dialect = new EchoDialect();
  const transport = new SocketListeningTransport(clock);
  const server = serveDialect({ transport, host: HOST, port: 0, dialect, clock, scheduler: clock });
  return { clock, dialect, server, at: `${HOST}:${server.port}` };
}

/** Waits until something holds, a little while at most. */
async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Waited in vain: ${what}`);
}

/** A WebSocket of ours that notes what it hears. */
function ourSocket(clock: LiveClock, url: string) {
  const heard: string[] = [];
  const connection = openWebSocket({
    transport: new SocketTransport(clock),
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    url,
    handler: {
      onOpen: () => heard.push("open"),
      onText: (bytes, start, end) => heard.push(decoder.decode(bytes.subarray(start, end))),
      onPong: (bytes, start, end) => heard.push(`pong ${decoder.decode(bytes.slice(start, end))}`),
      onClose: (code, reason) => heard.push(`close ${code} ${reason}`),
    },
  });
  return { heard, connection };
}

function asking(http: HttpClient) {
  return (request: HttpRequest) =>
    new Promise<HttpAnswer>((resolve) => http.request(request, resolve));
}

function shown(answer: HttpAnswer): string {
  if (answer.kind === "failed") return `failed sent=${answer.sent} ${answer.reason}`;
  return `${answer.status} ${decoder.decode(answer.body)}`;
}

Deno.test("our server speaks with fetch: kept alive, posts, big bodies, 204, HEAD", async () => {
  const { server, at, dialect } = serve();
  const client = Deno.createHttpClient({});
  try {
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`http://${at}${path}`, { ...init, client } as RequestInit);
    assertEquals(await (await ask("/a?b=%20")).json(), "GET /a b=%20 ");
    assertEquals(await (await ask("/o", { method: "POST", body: "x=ü" })).json(), "POST /o  x=ü");
    assertEquals(await (await ask("/o", { method: "PUT", body: BIG })).json(), `PUT /o  ${BIG}`);
    const none = await ask("/none");
    assertEquals([none.status, await none.text()], [204, ""]);
    const head = await ask("/a", { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
    const stream = new Blob(["chunk 1 ", "chunk 2"]).stream();
    assertEquals(
      await (await ask("/s", { method: "POST", body: stream })).json(),
      "POST /s  chunk 1 chunk 2",
    );
    assertEquals(dialect.requests.length, 6);
    assert(server.connections >= 1);
  } finally {
    client.close();
    server.close();
  }
  await until(() => server.connections === 0, "connections of the server to end");
});

Deno.test("our server speaks with Deno's WebSocket: echo, pings, close", async () => {
  const { server, at, dialect } = serve();
  const heard: string[] = [];
  const socket = new WebSocket(`ws://${at}/ws?streams=b`);
  socket.onmessage = (event) => heard.push(event.data);
  socket.onclose = (event) => heard.push(`close ${event.code} ${event.reason}`);
  await until(() => heard.length === 1, "the greeting");
  assertEquals(heard.splice(0), ["welcome to /ws?streams=b"]);
  socket.send("grüße");
  socket.send(BIG);
  socket.send("ping me");
  await until(() => dialect.sockets[0]!.heard.length === 4, "echoes and the pong");
  await until(() => heard.length === 2, "echoes");
  assertEquals(heard.splice(0), ["echo grüße", `echo ${BIG}`]);
  assertEquals(dialect.sockets[0]!.heard[3], "pong p1");
  socket.send("close me");
  await until(() => heard.length === 1, "the close");
  assertEquals(heard, ["close 4001 as you wish"]);

  const other = new WebSocket(`ws://${at}/other`);
  other.onopen = () => other.close(1000, "done");
  const closed = new Promise<number>((resolve) => {
    other.onclose = (event) => resolve(event.code);
  });
  assertEquals(await closed, 1000);
  await until(() => server.connections === 0, "connections of the server to end");
  assertEquals(dialect.sockets[1]!.heard.at(-1), "closed");
  server.close();
});

Deno.test("our WebSocket speaks with Deno's server: echo, ping, close", async () => {
  const clock = new LiveClock();
  const seen: string[] = [];
  const server = Deno.serve({ hostname: HOST, port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = (event) => {
      if (event.data === "close me") socket.close(4_002, "going");
      else socket.send(`echo ${event.data}`);
    };
    socket.onclose = (event) => seen.push(`close ${event.code} ${event.reason}`);
    return response;
  });
  const url = `ws://${HOST}:${server.addr.port}/x`;
  const one = ourSocket(clock, url);
  await until(() => one.heard.length === 1, "our socket to open");
  assert(one.connection.sendText("grüße"));
  assert(one.connection.sendText(BIG));
  assert(one.connection.ping(new TextEncoder().encode("q")));
  await until(() => one.heard.length === 4, "echoes and the pong");
  assertEquals(one.heard, ["open", "echo grüße", `echo ${BIG}`, "pong q"]);
  one.connection.sendText("close me");
  await until(() => one.heard.length === 5, "the server's close");
  assertEquals(one.heard[4], "close 4002 going");

  const two = ourSocket(clock, url);
  await until(() => two.heard.length === 1, "our second socket to open");
  two.connection.close(1000, "done");
  await until(() => two.heard.length === 2 && seen.length === 2, "both closes");
  assertEquals([two.heard[1], seen[1]], ["close 1000 done", "close 1000 done"]);
  await server.shutdown();
});

Deno.test("our HTTP client speaks with Deno's server: kept alive, chunked, big, HEAD", async () => {
  const clock = new LiveClock();
  const server = Deno.serve({ hostname: HOST, port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/stream") return new Response(new Blob(["a", BIG, "z"]).stream());
    if (pathname === "/teapot") return new Response("<html>", { status: 418 });
    return new Response(`${request.method} ${await request.text()}`);
  });
  const http = new HttpClient({ transport: new SocketTransport(clock), clock, scheduler: clock });
  const ask = asking(http);
  const base = `http://${HOST}:${server.addr.port}`;
  assertEquals(shown(await ask({ method: "GET", url: `${base}/` })), "200 GET ");
  assertEquals(
    shown(await ask({ method: "POST", url: `${base}/o`, body: BIG })),
    `200 POST ${BIG}`,
  );
  assertEquals(shown(await ask({ method: "GET", url: `${base}/stream` })), `200 a${BIG}z`);
  assertEquals(shown(await ask({ method: "HEAD", url: `${base}/` })), "200 ");
  assertEquals(shown(await ask({ method: "GET", url: `${base}/teapot` })), "418 <html>");
  assertEquals(http.connections, 1);
  http.close();
  await server.shutdown();
});

Deno.test("our clients and our server meet over real sockets", async () => {
  const { clock, server, at, dialect } = serve();
  const http = new HttpClient({ transport: new SocketTransport(clock), clock, scheduler: clock });
  const ask = asking(http);
  const answers = await Promise.all(
    Array.from(
      { length: 20 },
      (_, index) => ask({ method: "POST", url: `http://${at}/o`, body: `#${index}` }),
    ),
  );
  assertEquals(answers.map(shown), answers.map((_, index) => `200 "POST /o  #${index}"`));
  assertEquals(http.connections, 4);
  const { heard, connection } = ourSocket(clock, `ws://${at}/ws`);
  await until(() => heard.length === 2, "the greeting");
  for (let index = 0; index < 1_000; index++) connection.sendText(`#${index}`);
  await until(() => heard.length === 1_002, "a thousand echoes");
  assertEquals(heard.slice(2), Array.from({ length: 1_000 }, (_, index) => `echo #${index}`));
  server.cutAll();
  await until(() => heard.length === 1_003, "the cut to be heard");
  assertStringIncludes(heard[1_002]!, "close 1006 ");
  assertEquals(dialect.sockets[0]!.heard.at(-1), "closed");
  http.close();
  server.close();
  await until(() => server.connections === 0, "connections of the server to end");
});

Deno.test("SocketTransport says what failed: nobody listens, no TLS there", async () => {
  const clock = new LiveClock();
  const { server } = serve();
  const transport = new SocketTransport(clock);
  const reasons: string[] = [];
  const opened: string[] = [];
  const connect = (port: number, tls: boolean): Link =>
    transport.connect({ host: HOST, port, tls }, {
      onOpen: () => opened.push("open"),
      onBytes: () => opened.push("bytes"),
      onClose: (reason) => reasons.push(reason),
    });
  const free = Deno.listen({ hostname: HOST, port: 0 });
  const port = free.addr.port;
  free.close();
  const refused = connect(port, false);
  assert(refused.write(new Uint8Array(3)));
  assertEquals(refused.pendingBytes, 3);
  await until(() => reasons.length === 1, "the refusal");
  assertStringIncludes(reasons[0]!, `cannot connect to ${HOST}:${port}`);
  assertEquals([refused.write(new Uint8Array(1)), refused.pendingBytes], [false, 0]);

  connect(server.port, true);
  await until(() => reasons.length === 2, "the TLS failure");
  assertStringIncludes(reasons[1]!, "cannot connect");

  connect(server.port, false).close("changed our mind");
  await until(() => reasons.length === 3, "the early close");
  assertEquals([reasons[2], opened.length], ["changed our mind", 0]);
  server.close();
  await until(() => server.connections === 0, "connections of the server to end");
});

Deno.test("SocketTransport flushes what was written before a close, within its bound", async () => {
  const clock = new LiveClock();
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const reasons: string[] = [];
  let open = false;
  const transport = new SocketTransport(clock, { limits: { pendingBytesMax: 2_000_000 } });
  const link = transport.connect({ host: HOST, port: listener.addr.port, tls: false }, {
    onOpen: () => {
      open = true;
    },
    onBytes: () => {},
    onClose: (reason) => reasons.push(reason),
  });
  const peer = await listener.accept();
  await until(() => open, "the link to open");
  assert(link.write(new Uint8Array(1_500_000).fill(7)));
  assertEquals(link.write(new Uint8Array(1_500_000)), false);
  link.close("done");
  assertEquals(link.write(new Uint8Array(1)), false);
  let count = 0;
  for await (const part of peer.readable) count += part.length;
  assertEquals(count, 1_500_000);
  await until(() => reasons.length === 1, "our close");
  assertEquals(reasons, ["done"]);
  listener.close();
});

Deno.test("SocketListeningTransport frees its port on close", async () => {
  const { server, at } = serve();
  assertEquals(await (await fetch(`http://${at}/x`)).text(), '"GET /x  "');
  server.close();
  await until(() => server.connections === 0, "connections of the server to end");
  await assertRejects(() => fetch(`http://${at}/x`));
});
