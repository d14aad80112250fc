import { changeSettings, settings } from "./session.ts";

/** Its own switch, beside the button: what it gives away, an IP address, is part of the consent. */
export function PeersSwitch() {
  const { peers } = settings.value;
  return (
    <label class="switch-row">
      <input
        type="checkbox"
        role="switch"
        aria-checked={peers}
        checked={peers}
        onChange={(event) => changeSettings({ peers: event.currentTarget.checked })}
      />
      <span>
        <strong>Exchange data with other volunteers.</strong> It is faster and spares the pool, and lets those
        volunteers see this machine’s IP address. {peers ? "Switch off" : "Off now:"}{" "}
        {peers ? "to use the pool only." : "data comes from the pool only."}
      </span>
    </label>
  );
}
