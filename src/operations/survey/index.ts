/** The same question to every endpoint of a live cluster: health, status, hash, defragmentation. */
export {
  defragmentEndpoints,
  type DefragmentOptions,
  type EndpointHealth,
  type HashSurveyOptions,
  surveyHashKv,
  surveyHealth,
  surveyStatus,
} from './endpoint-questions.ts';
export type { EndpointReport, SurveyOptions } from './survey-endpoints.ts';
