/** Adds the place in the sources to each place in a piece of the package, such as `dist/chunks/a-B.js:3:120`. */
export function readStack(stack: string): string
