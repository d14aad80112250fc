import "./header.css";

export type PageName = "Volunteer" | "Console" | "Explorer";

const LINKS = [
  { name: "Volunteer", href: "/" },
  { name: "Console", href: "/console/" },
  { name: "Explorer", href: "/explorer/" },
  { name: "API docs", href: "/api/docs" },
] as const;

/** The bar all pages share. */
export function Header({ page }: { page: PageName }) {
  return (
    <header class="header">
      <a class="skip" href="#main">
        Skip to content
      </a>
      <a class="wordmark" href="/">
        <svg class="mark" viewBox="0 0 22 22" aria-hidden="true" focusable="false">
          <path class="mark-edges" d="M8 5h6M8 17h6M5 8v6M17 8v6" />
          <path class="mark-nodes" d="M2 2h6v6H2zM14 2h6v6h-6zM2 14h6v6H2z" />
          <path class="mark-live" d="M14 14h6v6h-6z" />
        </svg>
        SuperEdge
      </a>
      <nav aria-label="Pages">
        {LINKS.map(({ name, href }) => (
          <a key={name} href={href} aria-current={name === page ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
    </header>
  );
}
