"""Reports: figures and pages made from results."""
