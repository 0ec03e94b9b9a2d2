// Sends a task to the connector as a raw message on its Redis broker, with nothing but Node's own modules.
//
//   node send_task.mjs redis://:PASSWORD@HOST:6379/0 orders orders.import '{"store": "corner", "order": "4711"}'
//
// The arguments: the broker, the queue, the task, its keywords as JSON. docs/tasks.md says which queue each task has.

import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import process from "node:process";

// A task as Celery's message protocol 2 has it, in the envelope of kombu's Redis transport.
function message(queue, task, keywords) {
  const id = randomUUID();
  const body = [[], keywords, { callbacks: null, errbacks: null, chain: null, chord: null }];
  return JSON.stringify({
    body: Buffer.from(JSON.stringify(body)).toString("base64"),
    "content-type": "application/json",
    "content-encoding": "utf-8",
    headers: { lang: "js", task, id, root_id: id, parent_id: null, group: null },
    properties: {
      correlation_id: id,
      delivery_mode: 2,
      delivery_tag: randomUUID(),
      delivery_info: { exchange: "", routing_key: queue },
      priority: 0,
      body_encoding: "base64"
    }
  });
}

// A command of the Redis protocol: the number of its parts, then each with its length in bytes.
function command(...parts) {
  const lines = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${parts.length}\r\n${lines.join("")}`;
}

const [broker, queue, task, keywords] = process.argv.slice(2);
if (!keywords) {
  console.error("usage: node send_task.mjs BROKER QUEUE TASK KEYWORDS; the head of this file has an example");
  process.exit(2);
}
const { hostname, port, username, password, pathname } = new URL(broker);

const commands = [["LPUSH", queue, message(queue, task, JSON.parse(keywords))]];
if (pathname.length > 1) commands.unshift(["SELECT", pathname.slice(1)]);
if (password) commands.unshift(["AUTH", ...[username, password].filter(Boolean).map(decodeURIComponent)]);

const socket = connect(Number(port || 6379), hostname);
socket.setTimeout(5000, () => socket.destroy(new Error("the broker does not answer")));
socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});

// One answer for each command: "+OK", ":3" for the length of the queue, or "-ERR …".
let answers = "";
socket.on("data", (bytes) => {
  answers += bytes;
  const lines = answers.split("\r\n").slice(0, -1);
  const refusal = lines.find((line) => line.startsWith("-"));
  if (refusal) socket.destroy(new Error(refusal));
  else if (lines.length === commands.length) socket.end();
});

socket.write(commands.map((parts) => command(...parts)).join(""));
