"""Fire panels: what is known of them, whether they are heard, and the proof that what they say arrives."""
