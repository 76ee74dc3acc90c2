// A click on a heading sorts its table: numbers from low to high, then the other way round.
for (const heading of document.querySelectorAll("th[data-sort]")) {
  heading.addEventListener("click", () => {
    const column = [...heading.parentNode.children].indexOf(heading);
    const body = heading.closest("table").tBodies[0];
    const up = heading.dataset.sort !== "up";
    const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
    const order = (a, b) => key(a).localeCompare(key(b), "en", { numeric: true });
    const number = (row) => (key(row) === "" ? Infinity : Number(key(row)));
    const numeric = [...body.rows].every((row) => !Number.isNaN(number(row)));
    const compare = numeric ? (a, b) => number(a) - number(b) : order;
    body.append(...[...body.rows].sort((a, b) => (up ? compare(a, b) : compare(b, a))));
    for (const other of heading.parentNode.children) if (other.dataset.sort) other.dataset.sort = "no";
    heading.dataset.sort = up ? "up" : "down";
  });
}
