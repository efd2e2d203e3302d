export function transpiled(path: string, source?: string): string
