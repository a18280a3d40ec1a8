"""What is done with forecasts and results after a run: naive baselines, scores, pools."""
