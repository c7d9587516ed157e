/**
 * What all venues share: transports, WebSocket, HTTP, scanners, writers, signing. No venue's name
 * in it.
 *
 * 1. Callbacks only; all of it is synchronous over `Transport`, time and chance come as arguments.
 * 2. Bytes handed to a callback are valid only during the call.
 * 3. A scanner reads exactly or says so; it never rounds and never skips in silence.
 * @module
 */
export {
  type Address,
  type Link,
  type LinkHandler,
  type Listener,
  type ListeningTransport,
  type ParsedUrl,
  parseUrl,
  type Transport,
} from "./transport.ts";
export {
  FrameReader,
  type FrameReaderOptions,
  type FrameSink,
  FrameWriter,
  isCloseCode,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
} from "./websocket_frames.ts";
export {
  hasToken,
  type HttpHead,
  HttpReader,
  type HttpReaderLimits,
  type HttpSink,
} from "./http_reader.ts";
export {
  acceptKeyFor,
  openWebSocket,
  WEB_SOCKET_LIMITS,
  type WebSocketConnection,
  type WebSocketHandler,
  type WebSocketLimits,
  type WebSocketOptions,
} from "./websocket_client.ts";
export {
  fixedUrl,
  type Heartbeat,
  type SessionHandler,
  WebSocketSession,
  type WebSocketSessionOptions,
} from "./websocket_session.ts";
export {
  HTTP_LIMITS,
  type HttpAnswer,
  HttpClient,
  type HttpClientOptions,
  type HttpLimits,
  type HttpRequest,
} from "./http_connection.ts";
export { BACKOFF_DEFAULT, type BackoffLimits, ReconnectBackoff } from "./reconnect_backoff.ts";
export { ClockOffset } from "./clock_offset.ts";
export { type JsonKind, JsonScanner, keyBytes, keyCodeOf, spanIs } from "./json_scanner.ts";
export {
  REFUSED,
  scanDecimal,
  scanDigits,
  scanSignedDecimal,
  scanSignedTicks,
  scanTicks,
} from "./decimal_scanner.ts";
export { scanLevels } from "./level_scanner.ts";
export {
  digitCount,
  digitsAt,
  FRAME_PADDING,
  FrameText,
  type Literal,
  literal,
  quoteAt,
  stepsAt,
  stepsEnd,
  textAt,
} from "./frame_text.ts";
export { type FindPerpetual, LetterFrames, type LetterKind } from "./letter_frames.ts";
export { ByteWriter } from "./byte_writer.ts";
export {
  BestBidAskScratch,
  DeltaScratch,
  SnapshotScratch,
  tradeKeyOf,
  TradeScratch,
} from "./market_scratch.ts";
export { ed25519Signer, HmacSha256, HmacSha512 } from "./hmac.ts";
export {
  adoptConnection,
  SOCKET_LIMITS,
  type SocketLimits,
  SocketTransport,
} from "./socket_transport.ts";
