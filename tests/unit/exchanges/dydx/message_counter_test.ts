/**
 * The one counter of a connection: what is missing, what is repeated, what a request explains.
 * @module
 */
import { MessageCounter } from "@/exchanges/dydx/_message_counter.ts";
import { assertEquals } from "@/tests/support/assert.ts";

function after(id: number, requests = 0): MessageCounter {
  const counter = new MessageCounter();
  counter.noteData(id);
  for (let request = 0; request < requests; request++) counter.noteRequest();
  return counter;
}

Deno.test("MessageCounter: one more is next, a lower one repeated, a hole a gap", () => {
  const counter = after(5);
  assertEquals(counter.noteData(6), "next");
  assertEquals(counter.noteData(6), "repeated");
  assertEquals(counter.lost, -1);
  assertEquals(counter.noteData(8), "gap");
  assertEquals(counter.lost, 7);
  assertEquals(counter.noteData(9), "next", "counting goes on from there");
});

Deno.test("MessageCounter: a hole may be of a request, whose answer comes later", () => {
  const counter = after(5, 1);
  assertEquals(counter.noteData(7), "next");
  assertEquals(counter.noteAnswer(6), "next");
  assertEquals(counter.noteData(9), "gap");
});

Deno.test("MessageCounter: a hole that no answer filled is a gap with the last answer", () => {
  const counter = after(1, 2);
  assertEquals(counter.noteAnswer(2), "next");
  assertEquals(counter.noteAnswer(4), "gap", "3 was data: nobody owes an answer any more");
  assertEquals(counter.lost, 3);
  const late = after(1, 2);
  assertEquals(late.noteData(4), "next", "2 and 3 may be requests");
  assertEquals(late.noteAnswer(3), "next");
  assertEquals(late.noteAnswer(5), "gap", "so 2 was data");
});

Deno.test("MessageCounter: an error answers a request, whichever number it carries", () => {
  const counter = after(1, 1);
  assertEquals(counter.noteData(3), "next");
  assertEquals(counter.noteError(3), "next", "the number that stands, not the request's");
  assertEquals(counter.noteData(4), "next");
  counter.noteRequest();
  assertEquals(counter.noteAnswer(5), "next", "the failed request is forgiven its number");
});
