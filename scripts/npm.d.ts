export function runNpm(root: string, ...options: readonly string[]): unknown
export const sbomName: string
export function sbomText(root: string): string
