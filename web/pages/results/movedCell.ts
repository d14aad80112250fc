/** Where an arrow key moves from a cell; it stays inside the matrix. Undefined for other keys. */
export function movedCell(cell: number, key: string, rows: number, columns: number): number | undefined {
  const row = Math.floor(cell / columns);
  const column = cell % columns;
  switch (key) {
    case "ArrowLeft":
      return column > 0 ? cell - 1 : cell;
    case "ArrowRight":
      return column < columns - 1 ? cell + 1 : cell;
    case "ArrowUp":
      return row > 0 ? cell - columns : cell;
    case "ArrowDown":
      return row < rows - 1 ? cell + columns : cell;
    case "Home":
      return row * columns;
    case "End":
      return row * columns + columns - 1;
    default:
      return undefined;
  }
}
