import { useEffect, useState } from "preact/hooks";

/** Canvases do not follow the theme by themselves. */
export function useColourScheme(): "light" | "dark" {
  const [scheme, setScheme] = useState<"light" | "dark">(() => (darkTheme().matches ? "dark" : "light"));
  useEffect(() => {
    const dark = darkTheme();
    const change = () => setScheme(dark.matches ? "dark" : "light");
    dark.addEventListener("change", change);
    return () => dark.removeEventListener("change", change);
  }, []);
  return scheme;
}

const darkTheme = () => matchMedia("(prefers-color-scheme: dark)");
