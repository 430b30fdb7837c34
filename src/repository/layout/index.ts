/** What an exact backup has besides rows: where they lie in the file, and the pages that are not made of them. */
export { type BucketLayout, decodeLayout, encodeLayout, type Layout, type PageLevel } from './layout.ts';
export { cutOtherPages } from './other-pages.ts';
export type { PageSink } from './page-output.ts';
export { type BucketPages, LayoutWriter } from './page-writer.ts';
export { readTail } from './read-tail.ts';
export { type PageSurvey, surveyPages } from './survey-pages.ts';
