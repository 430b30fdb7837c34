export { foldLine, wrapWords } from './fold-line.ts';
export { GatheredOutput } from './gathered-output.ts';
export { formatGoJson, type GoJson, unlessEmpty, unlessZero } from './go-json.ts';
export { formatGoQuoted } from './go-quote.ts';
export { formatHumanSize } from './human-size.ts';
export { printView, unsupportedFormat } from './printers.ts';
export { shellWord } from './shell-word.ts';
export { SteadyOutput } from './steady-output.ts';
export { type Output, type TextTable, type View, usualWriteOuts, type WriteOut, writeOuts } from './view.ts';
