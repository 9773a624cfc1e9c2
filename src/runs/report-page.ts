/** The page around a report: one file, nothing fetched, no script. */
import { escapeText } from "../figures/svg-text.js";
import { reportStyle } from "./report-style.js";
import { version } from "./version.js";

/**
 * @param title in the window's frame
 * @param sections HTML; empty ones are left out
 * @param style more rules than those of all reports
 */
export const renderPage = (title: string, sections: readonly string[], style = ""): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="generator" content="Steepest ${version}">
<title>${escapeText(title)}</title>
<link rel="icon" href="data:,">
<style>${reportStyle}${style}</style>
</head>
<body>
${sections.filter((part) => part !== "").join("\n")}
</body>
</html>
`;
