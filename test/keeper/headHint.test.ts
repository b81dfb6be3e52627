import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { createHeadHint } from "../../keeper/chain/createHeadHint.ts";

/** As much of a WebSocket server as a hint needs: takes connections, and sends what it is told to. */
async function startServer() {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", (request) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(request.toString())?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      connections++;
      sockets.add(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `ws://127.0.0.1:${port}`,
    connections: () => connections,
    say: (text: string) => {
      for (const socket of sockets) socket.write(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
    },
    hangUp: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function waited(hint: ReturnType<typeof createHeadHint>, ms: number): Promise<number> {
  const start = performance.now();
  await hint.wait(ms);
  return performance.now() - start;
}

const until = async (holds: () => boolean) => {
  for (let i = 0; i < 500 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds());
};

test("behavior: whatever the socket says ends the wait, a lie as well as a head", async () => {
  const server = await startServer();
  const stop = new AbortController();
  const hint = createHeadHint(server.url, stop.signal);
  await until(hint.isOpen);
  for (const text of ['{"method":"eth_subscription"}', "undefined", "not even JSON"]) {
    setTimeout(() => server.say(text), 40);
    assert.ok((await waited(hint, 60_000)) < 10_000, text);
  }
  server.say("while nobody waits");
  await until(() => hint.hints() === 4);
  assert.ok((await waited(hint, 60_000)) < 10_000, "not lost");
  stop.abort();
  server.stop();
});

test("behavior: a silent socket, and none at all, leave the wait as it is", async () => {
  const server = await startServer();
  const stop = new AbortController();
  const silent = createHeadHint(server.url, stop.signal);
  await until(silent.isOpen);
  for (const hint of [
    silent,
    createHeadHint(undefined, stop.signal),
    createHeadHint("ws://127.0.0.1:1", stop.signal),
  ]) {
    assert.ok((await waited(hint, 120)) >= 110);
  }
  stop.abort();
  server.stop();
});

test("behavior: a socket that is cut is opened again; a stop ends everything", async () => {
  const server = await startServer();
  const stop = new AbortController();
  const hint = createHeadHint(server.url, stop.signal);
  await until(hint.isOpen);
  server.hangUp();
  await until(() => !hint.isOpen());
  await until(() => server.connections() === 2);
  setTimeout(() => stop.abort(), 30);
  assert.ok((await waited(hint, 60_000)) < 10_000);
  server.stop();
});
