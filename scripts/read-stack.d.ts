export function readStack(stack: string): string
