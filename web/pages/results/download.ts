/** Hands the visitor a file made in the page. */
export function downloadBytes(name: string, bytes: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The click has taken its own hold on the blob; without this it would stay in memory with the page.
  URL.revokeObjectURL(url);
}

export const downloadJson = (name: string, value: unknown): void =>
  downloadBytes(name, `${JSON.stringify(value, null, 2)}\n`, "application/json");

export function downloadPng(name: string, canvas: HTMLCanvasElement): void {
  canvas.toBlob((blob) => blob && downloadBytes(name, blob, "image/png"), "image/png");
}
