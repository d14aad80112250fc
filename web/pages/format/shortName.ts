/** `0x12ab…89ef`: enough of an address or hash to tell two apart by eye; the whole goes into a title. */
export const shortName = (name: string): string => (name.length > 14 ? `${name.slice(0, 6)}…${name.slice(-4)}` : name);
