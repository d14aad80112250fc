import { useEffect, useState } from "preact/hooks";

/** Of the narrowest page, until the element has been measured. */
const FIRST_PX = 300;

/** The width of an element's content as it changes, whole CSS pixels. */
export function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(FIRST_PX);
  useEffect(() => {
    if (!element.current) return;
    const resize = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    resize.observe(element.current);
    return () => resize.disconnect();
  }, [element]);
  return width;
}
