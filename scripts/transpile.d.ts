/** The JavaScript of a TypeScript module of the checkout, with its source map inside. */
export function transpiled(path: string, source?: string): string
