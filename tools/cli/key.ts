// A private key for a command: from a file or the environment, never from the command line, and never printed.
import { readFileSync } from "node:fs";
import { Wallet } from "ethers";
import { UsageError } from "../../client/cli/command.ts";

/** The password of a JSON keystore. */
export const PASSWORD_VARIABLE = "SUPEREDGE_KEY_PASSWORD";

/** Undefined if there is neither a file nor the variable. What is wrong with a key is told without telling the key. */
export function readKey(file: string | undefined, variable: string): Wallet | undefined {
  let text = process.env[variable];
  if (file !== undefined) {
    try {
      text = readFileSync(file, "utf8");
    } catch {
      throw new UsageError("--key: expected the name of a file with a private key, found none that can be read");
    }
  }
  if (text === undefined) return undefined;
  try {
    if (!text.trim().startsWith("{")) return new Wallet(text.trim());
    return Wallet.fromEncryptedJsonSync(text, process.env[PASSWORD_VARIABLE] ?? "") as Wallet;
  } catch {
    throw new UsageError(
      `${file ?? variable}: expected a private key in hexadecimal, or a JSON keystore that the password in ${PASSWORD_VARIABLE} opens`,
    );
  }
}
