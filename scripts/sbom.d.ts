/** Name of the list, which is next to package.json. */
export const sbomName: string

/** The packages that are installed with this one, as CycloneDX in JSON. */
export function sbomText(root: string): string

export function writeSbom(root: string): void
