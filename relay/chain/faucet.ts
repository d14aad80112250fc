// Gas and tokens for whoever asks, from the treasury of an embedded chain, where both are worth nothing.
import { Contract, type Signer } from "ethers";
import type { Address } from "../../protocol/ids.ts";
import { artifactOf } from "./artifact.ts";

/** Enough for thousands of transactions here. */
const GAS_WEI = 10n ** 18n;

/** Sends 1 ETH and `tokenWei` of ECT to `to`; done when both are in a block. Calls take turns, since nonces do. */
export class Faucet {
  readonly #treasury: Signer;
  readonly #token: Contract;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(treasury: Signer, token: Address) {
    this.#treasury = treasury;
    this.#token = new Contract(token, artifactOf("EdgeToken").abi, treasury);
  }

  give(to: Address, tokenWei: bigint): Promise<void> {
    const given = this.#turn.then(async () => {
      await (await this.#treasury.sendTransaction({ to, value: GAS_WEI })).wait();
      await (await this.#token.getFunction("transfer")(to, tokenWei)).wait();
    });
    this.#turn = given.catch(() => {});
    return given;
  }
}
