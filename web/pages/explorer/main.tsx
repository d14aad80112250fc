import { render } from "preact";
import { connectChain } from "../chain/chain.ts";
import { ExplorerPage } from "./ExplorerPage.tsx";
import { followAddress } from "./route.ts";

followAddress();
render(<ExplorerPage />, document.getElementById("page")!);
void connectChain("relay");
