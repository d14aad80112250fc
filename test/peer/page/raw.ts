// The yardstick: the same bytes over a bare RTCDataChannel, nothing parsed, nothing verified.
const LOW_BYTES = 256 * 1024;
const HIGH_BYTES = 1024 * 1024;

/** The way between two pages is the test: `rawSay` sends the one line a page has to say, `rawHear` waits for the other's. */
declare global {
  interface Window {
    rawSay(line: string): Promise<void>;
    rawHear(): Promise<string>;
  }
}

const complete = (connection: RTCPeerConnection) =>
  new Promise<void>((resolve) => {
    const look = () => connection.iceGatheringState === "complete" && resolve();
    connection.addEventListener("icegatheringstatechange", look);
    look();
  });

const describe = async (connection: RTCPeerConnection) => {
  await connection.setLocalDescription();
  await complete(connection);
  return JSON.stringify(connection.localDescription);
};

/** Sends `bytes` zeros in messages of `messageBytes` and waits until the other page has them all. */
export async function rawSend(bytes: number, messageBytes: number): Promise<void> {
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel("raw", { negotiated: true, id: 1 });
  channel.bufferedAmountLowThreshold = LOW_BYTES;
  const opened = new Promise((resolve) => {
    channel.onopen = resolve;
  });
  const answered = new Promise((resolve) => {
    channel.onmessage = resolve;
  });
  await window.rawSay(await describe(connection));
  await connection.setRemoteDescription(JSON.parse(await window.rawHear()));
  await opened;
  const message = new Uint8Array(messageBytes);
  let sent = 0;
  const send = () => {
    for (; sent < bytes && channel.bufferedAmount < HIGH_BYTES; sent += messageBytes)
      channel.send(message.subarray(0, Math.min(messageBytes, bytes - sent)));
  };
  channel.onbufferedamountlow = send;
  send();
  await answered;
  connection.close();
}

/** Takes `bytes` and returns the milliseconds from the channel's opening to the last byte. */
export async function rawReceive(bytes: number): Promise<number> {
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel("raw", { negotiated: true, id: 1 });
  channel.binaryType = "arraybuffer";
  const into = new Uint8Array(bytes);
  let start = 0;
  channel.onopen = () => {
    start = performance.now();
  };
  const done = new Promise<number>((resolve) => {
    let received = 0;
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      into.set(new Uint8Array(data), received);
      received += data.byteLength;
      if (received === bytes) resolve(performance.now() - start);
    };
  });
  await connection.setRemoteDescription(JSON.parse(await window.rawHear()));
  await window.rawSay(await describe(connection));
  const ms = await done;
  channel.send("done");
  // The word must be out before the connection is gone; the other page closes it.
  await new Promise((resolve) => {
    channel.onclose = resolve;
  });
  connection.close();
  return ms;
}
