// Shows the live SLA of one channel now and at every change: node client.mjs TENANT CHANNEL
//
// Needs node-redis (`npm ci` in this folder) and the address of Redis or Valkey in REDIS_URL.
import { createClient } from "@redis/client";

const LOOK_AGAIN = 5_000; // ms without a message until we look whether the feed is still alive
const [tenant, channel] = process.argv.slice(2);
const escape = (name) => name.replaceAll("%", "%25").replaceAll(":", "%3A");
const key = `engagement:sla:${escape(tenant)}:${escape(channel)}`;

const redis = createClient({ url: process.env.REDIS_URL ?? "redis://127.0.0.1" });
const changes = redis.duplicate();
for (const client of [redis, changes]) {
  client.on("error", (error) => console.error(`${channel}: ${error.message}`)); // it reconnects
  await client.connect();
}

// A widget would draw this. No hash and `stale` mean the same: make no promise.
function show(sla) {
  if (!sla.state || sla.state === "stale") {
    console.log(`${channel}: no live figures`);
    return;
  }
  const wait = sla.expected_wait_seconds;
  const promise = wait ? `expected wait ${Math.round(wait / 60)} min` : "expected wait unknown";
  console.log(`${channel}: ${sla.state}, ${sla.waiting} waiting, ${promise}`);
}

const look = async () => show(await redis.hGetAll(key));
let timer = setInterval(look, LOOK_AGAIN);
await changes.subscribe("engagement:sla:changed", (text) => { // first, so that no change slips through
  const news = JSON.parse(text);
  if (news.tenant !== tenant || news.channel !== channel) return;
  show(news);
  clearInterval(timer);
  timer = setInterval(look, LOOK_AGAIN);
});
await look();
