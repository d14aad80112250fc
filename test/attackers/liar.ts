// A volunteer that lies: runs in its page before the page's own scripts and changes one byte of every n-th result on
// its way from the sandbox. To the relay it looks like any other; only the digests tell.

/** Serialised into the page, so it must stand alone. */
export function lieOnEvery(n: number): void {
  let results = 0;
  const property = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage")!;
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    ...property,
    set(this: MessagePort, handler: ((event: MessageEvent) => void) | null) {
      property.set!.call(this, (event: MessageEvent) => {
        if (event.data?.type === "ran" && ++results % n === 0) event.data.output[0] ^= 0x5a;
        handler?.call(this, event);
      });
    },
  });
}
