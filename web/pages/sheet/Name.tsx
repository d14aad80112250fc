import { shortName } from "../format/shortName.ts";

/** An address or a hash: short to the eye, whole in its title. */
export const Name = ({ of }: { of: string }) => <code title={of}>{shortName(of)}</code>;
