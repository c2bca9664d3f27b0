"""What the doctor concludes from what it sees: pure verdicts, each with what was seen and the fix in a sentence."""
