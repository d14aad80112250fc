import { render } from "preact";
import { ConsolePage } from "./ConsolePage.tsx";
import { connect } from "./connection.ts";

render(<ConsolePage />, document.getElementById("page")!);
connect();
