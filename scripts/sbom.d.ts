/** Name of the list, which lies beside package.json. */
export const sbomName: string

/** The packages that are installed with this one, as CycloneDX in JSON. */
export function sbomText(root: string): string

export function writeSbom(root: string): void
