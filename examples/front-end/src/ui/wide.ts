/** Matches where there is room for a side beside the content; the same width stands in the style sheets. */
export const WIDE = matchMedia("(min-width: 48rem)");
