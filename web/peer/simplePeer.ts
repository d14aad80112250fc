// simple-peer makes the connection; the bytes travel on a channel of our own beside its: its stream writes 64 KiB at
// a time through timers, and buffers without bound what nobody reads.
import type SimplePeer from "simple-peer";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { BUFFERED_LOW_BYTES } from "./limits.ts";
import type { Connection, ConnectionEvents, Signal, Transport } from "./transport.ts";

/** Both ends open it by this number; simple-peer's own takes the first free one, 0 or 1. */
const CHANNEL_ID = 64;
/** What every browser takes in one message; a peer that says less wants to waste our time. */
const MIN_MESSAGE_BYTES = 16 * 1024;

/** Loads simple-peer (28 kB) when the first peer is met. Throws if the page cannot make connections at all. */
export async function loadSimplePeer(iceServers: RTCIceServer[]): Promise<Transport> {
  // The package's own bundle: its sources need Node's streams.
  const { default: Peer } = await import("simple-peer/simplepeer.min.js");
  if (!Peer.WEBRTC_SUPPORT) throw new SuperEdgeError("peer-unavailable", "expected WebRTC, found a browser without it");
  return (initiator, events) => connect(new Peer({ initiator, trickle: true, config: { iceServers } }), events);
}

function connect(peer: SimplePeer.Instance, events: ConnectionEvents): Connection {
  const connection = (peer as SimplePeer.Instance & { _pc: RTCPeerConnection | undefined })._pc;
  if (!connection) throw new SuperEdgeError("peer-unavailable", "expected a peer connection, the browser made none");
  const channel = connection.createDataChannel("superedge", { negotiated: true, id: CHANNEL_ID });
  channel.binaryType = "arraybuffer";
  channel.bufferedAmountLowThreshold = BUFFERED_LOW_BYTES;

  let reason: unknown;
  peer.on("signal", (signal) => {
    if (signal.type === "offer" || signal.type === "answer")
      events.signal({ type: signal.type, sdp: signal.sdp ?? "" });
    else if (signal.type === "candidate") events.signal({ type: "candidate", candidate: plain(signal.candidate) });
  });
  peer.on("error", (error) => {
    reason = error;
  });
  peer.on("close", () => events.closed(reason));
  // Nothing of ours comes this way.
  peer.on("data", () => peer.destroy(new SuperEdgeError("out-of-order", "expected silence on simple-peer's channel")));
  channel.onopen = () => {
    const most = connection.sctp?.maxMessageSize ?? 0;
    if (most >= MIN_MESSAGE_BYTES) events.open();
    else
      peer.destroy(new SuperEdgeError("bad-message", `expected a peer that takes ${MIN_MESSAGE_BYTES} bytes at once`));
  };
  channel.onbufferedamountlow = () => events.drained();
  channel.onclose = () => peer.destroy();
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) events.message(new Uint8Array(data));
    else peer.destroy(new SuperEdgeError("bad-frame", "expected a binary message, found text"));
  };

  return {
    signal(signal: Signal) {
      if (peer.destroyed) return;
      if (signal.type === "candidate")
        peer.signal({ type: "candidate", candidate: signal.candidate as RTCIceCandidate });
      else peer.signal(signal);
    },
    send(bytes) {
      if (channel.readyState !== "open") return;
      try {
        channel.send(bytes as Uint8Array<ArrayBuffer>);
      } catch (error) {
        // The browser's own bound on what waits to be sent: the peer asks and does not read.
        peer.destroy(error as Error);
      }
    },
    get bufferedBytes() {
      return channel.bufferedAmount;
    },
    get maxMessageBytes() {
      return connection.sctp?.maxMessageSize ?? MIN_MESSAGE_BYTES;
    },
    close: () => peer.destroy(),
  };
}

const plain = ({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate) => ({ candidate, sdpMid, sdpMLineIndex });
