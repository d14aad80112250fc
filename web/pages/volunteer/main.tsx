import { render } from "preact";
import { VolunteerPage } from "./VolunteerPage.tsx";

render(<VolunteerPage />, document.getElementById("page")!);
