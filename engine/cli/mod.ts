/**
 * The command line: arguments, help, what people read, and the wire tools of CONTRACT.md.
 *
 * 1. Everything is checked before anything starts; a wrong argument is exit code 2.
 * 2. Standard output carries results only; people's words go to standard error.
 * 3. The wire tools get their venue, input and output as arguments: no network, no disk.
 * @module
 */
export { Arguments, type Command, isVerb, optionsOf, parseArguments } from "./arguments.ts";
export { overviewText, verbText } from "./help_text.ts";
export { type Verb, VERB_NAMES, VERBS } from "./verbs.ts";
export { durationMs, durationText } from "./durations.ts";
export {
  type ByteSink,
  complaintText,
  EXIT,
  type ExitCode,
  jsonLine,
  lineWriter,
} from "./output.ts";
export { statusBlock } from "./status_block.ts";
export { summaryText } from "./summary_text.ts";
export { type FrameLine, readFrameLine, readLines } from "./input_lines.ts";
export { type InstrumentSource, toolInstrument, toolInstruments } from "./tool_instruments.ts";
export {
  BookKeeper,
  type BookOptions,
  type BookOutput,
  type BookPicture,
  runBookTool,
} from "./book_tool.ts";
export { eventJson, type InstrumentOf, type JsonObject } from "./event_json.ts";
export { type EventsOptions, type EventsOutcome, runEventsTool } from "./events_tool.ts";
export { runSignTool, type SignOutcome } from "./sign_tool.ts";
export { type EncodeOutcome, runEncodeTool } from "./encode_tool.ts";
export {
  type CommandBody,
  type ControlAddress,
  type Fetch,
  fetchStatus,
  sendCommand,
} from "./control_client.ts";
