/** Beside package.json. */
export const sbomName: string

/** The packages that come along with this one, as CycloneDX in JSON. */
export function sbomText(root: string): string

/** Writes the file. */
export function writeSbom(root: string): void
