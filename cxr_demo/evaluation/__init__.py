"""How good a map is: agreement, faithfulness, randomisation, stability, and where its evidence lies."""
