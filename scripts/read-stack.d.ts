/** Each place in a piece of the package, `dist/chunks/a-B.js:3:120`, becomes its place in the sources. */
export function readStack(stack: string): string
