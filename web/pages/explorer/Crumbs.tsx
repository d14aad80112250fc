import { formatCount } from "../format/count.ts";
import { shortName } from "../format/shortName.ts";
import { hashOf, type Route } from "./route.ts";

/** The way from all pools to what is shown. */
export function Crumbs({ route }: { route: Route }) {
  const crumbs = crumbsOf(route);
  return (
    <nav class="crumbs" aria-label="You are here">
      <ol>
        {crumbs.map(({ name, href }, at) => (
          <li key={href}>
            <a href={href} aria-current={at === crumbs.length - 1 ? "page" : undefined}>
              {name}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function crumbsOf(route: Route): { name: string; href: string }[] {
  const crumbs = [{ name: "Pools", href: hashOf({ view: "pools" }) }];
  if (route.view === "pools") return crumbs;
  if (route.view === "terms") return [...crumbs, { name: `Deal ${shortName(route.deal)}`, href: hashOf(route) }];
  const { pool } = route;
  crumbs.push({ name: `Pool ${shortName(pool)}`, href: hashOf({ view: "pool", pool, page: 0 }) });
  if (route.view === "pool") return crumbs;
  const { epoch } = route;
  crumbs.push({ name: `Epoch ${formatCount(epoch)}`, href: hashOf({ view: "epoch", pool, epoch, page: 0 }) });
  if (route.view === "epoch") return crumbs;
  const { deal } = route;
  crumbs.push({ name: `Deal ${shortName(deal)}`, href: hashOf({ view: "deal", pool, epoch, deal, page: 0 }) });
  if (route.view === "task") crumbs.push({ name: `Task ${formatCount(route.task)}`, href: hashOf(route) });
  return crumbs;
}
