/** The two formats of the SDK's typing, by their media types. */
export const AUDIO_FORMATS: Readonly<Record<string, "wav" | "mp3" | undefined>> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/wave": "wav",
  "audio/mp3": "mp3",
  "audio/mpeg": "mp3",
};
