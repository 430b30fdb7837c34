/** Files sealed with age by other tools. */
export { type AgeSecrets, openAgeFile, takeAgeArmorOff } from './open-age-file.ts';
