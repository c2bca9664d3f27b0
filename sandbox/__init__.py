"""A local Partner Center and Dataverse with Microsoft's manners; the demo, the tests and the bench run on it."""
